"""No file, function or folder grows past what one reader can hold."""

from __future__ import annotations

from tests.architecture import source

FILE_LINES = 500
FILE_MEDIAN = 120
FUNCTION_LINES = 60
FUNCTION_P90 = 25
FOLDER_ENTRIES = 14


def test_files_are_at_most_500_lines() -> None:
    long = [f"{source.relative(path)}: {lines}" for path in source.modules() if (lines := source.line_count(path)) > FILE_LINES]
    assert not long, "make a package of the same name:\n" + "\n".join(long)


def test_functions_are_at_most_60_lines() -> None:
    long = [f"{function.where}: {function.lines}" for function in source.functions() if function.lines > FUNCTION_LINES]
    assert not long, "split:\n" + "\n".join(long)


def test_folders_have_at_most_14_entries() -> None:
    full = []
    for folder in source.folders():
        entries = [path.name for path in folder.iterdir() if path.name not in source.NOT_COUNTED]
        if len(entries) > FOLDER_ENTRIES:
            full.append(f"{source.relative(folder)}: {len(entries)} entries")
    assert not full, "group what belongs together:\n" + "\n".join(full)


def test_medians_stay_small() -> None:
    files = [source.line_count(path) for path in source.modules()]
    lengths = [function.lines for function in source.functions()]
    row = (
        f"{len(files)} files / {sum(files)} lines; "
        f"file median {source.percentile(files, 0.5)} p90 {source.percentile(files, 0.9)} max {max(files)}; "
        f"function median {source.percentile(lengths, 0.5)} p90 {source.percentile(lengths, 0.9)} max {max(lengths)}"
    )
    print(row)
    assert source.percentile(files, 0.5) <= FILE_MEDIAN, row
    assert source.percentile(lengths, 0.9) <= FUNCTION_P90, row


def test_length_leaves_the_docstring_out() -> None:
    tree = source.ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n')
    function = tree.body[0]
    assert isinstance(function, source.ast.FunctionDef)
    assert source._length(function) == 2
