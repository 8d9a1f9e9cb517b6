from pilothouse.delivery.charts import ReleaseOptions, load_chart, merge_layers, render
from pilothouse.kit.clock import Entropy, ManualClock

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": b"n: 1\n",
    "templates/a.yaml": b"kind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\nn: {{ .Values.n }}\n",
    "templates/NOTES.txt": b"hello {{ .Release.Namespace }}",
    "crds/x.yaml": b"kind: CustomResourceDefinition\n",
}


def test_a_mapping_of_files_renders() -> None:
    rendered = render(
        load_chart(FILES),
        release=ReleaseOptions("rel", "ns"),
        values=merge_layers([b"n: 2", {"n": 3}]),
        clock=ManualClock(),
        entropy=Entropy(1),
    )
    assert [(m.kind, m.name) for m in rendered.manifests] == [("ConfigMap", "rel")]
    assert "n: 3" in rendered.to_text()
    assert rendered.notes == "hello ns"
    assert rendered.to_text(include_crds=True).startswith("---\n# Source: c/crds/x.yaml\n")


def test_lookup_is_the_callers() -> None:
    files = {**FILES, "templates/a.yaml": b'a: {{ (lookup "v1" "Secret" "ns" "s").x }}\n'}
    rendered = render(
        load_chart(files),
        release=ReleaseOptions(),
        clock=ManualClock(),
        entropy=Entropy(1),
        lookup=lambda *key: {"x": "-".join(key)},
    )
    assert "a: v1-Secret-ns-s" in rendered.to_text()
