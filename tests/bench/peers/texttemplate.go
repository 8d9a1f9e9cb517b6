// The peer of the row "template engine": Go's text/template runs the same template over the same data.
// Usage: texttemplate TEMPLATE DATA.json RUNS; prints the CPU seconds of each run, then writes the output of the last one.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"text/template"
)

func spent() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	source, err := os.ReadFile(os.Args[1])
	must(err)
	raw, err := os.ReadFile(os.Args[2])
	must(err)
	runs, err := strconv.Atoi(os.Args[3])
	must(err)
	var data any
	must(json.Unmarshal(raw, &data))
	parsed := template.New("page")
	parsed.Funcs(template.FuncMap{"include": func(name string, value any) (string, error) {
		var written bytes.Buffer
		err := parsed.ExecuteTemplate(&written, name, value)
		return written.String(), err
	}})
	_, err = parsed.Parse(string(source))
	must(err)
	var written bytes.Buffer
	for range runs {
		written.Reset()
		before := spent()
		must(parsed.Execute(&written, data))
		fmt.Fprintln(os.Stderr, spent()-before)
	}
	os.Stdout.Write(written.Bytes())
}
