"""`pilothouse image build|list|inspect|remove`."""

from __future__ import annotations

import argparse
import os


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `image` verbs to the command line."""
    image = subparsers.add_parser("image", help="build and list container images")
    verbs = image.add_subparsers(dest="image_verb", required=True)
    build = verbs.add_parser("build", help="build a folder into an image")
    build.add_argument("folder", help="folder with the application, and a Dockerfile if it needs one")
    build.add_argument("-t", "--tag", required=True, help="name of the image, for example shop:1.0")
    shown = verbs.add_parser("list", help="list images")
    inspect = verbs.add_parser("inspect", help="print an image's configuration")
    remove = verbs.add_parser("remove", help="remove an image")
    for parser in (inspect, remove):
        parser.add_argument("name")
    for parser in (build, shown, inspect, remove):
        parser.add_argument("--data-dir", default="", help="data directory of the platform whose Pods use the image")
        parser.add_argument("--layout", default="", help="OCI layout to use instead of images/ of the data directory")
    image.set_defaults(run=run)


def default_layout(data_dir: str = "") -> str:
    """Return the image layout of the platform's data directory: the flag, $PILOTHOUSE_DATA_DIR, then that of this user."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data_dir or os.environ.get("PILOTHOUSE_DATA_DIR") or os.path.join(base, "pilothouse"), "images")


def run(arguments: argparse.Namespace) -> int:
    """Run one `image` verb; failures are raised as PilothouseError."""
    from pilothouse.delivery.images.adapters import ImageLayout, build_image

    layout = ImageLayout(arguments.layout or default_layout(arguments.data_dir))
    if arguments.image_verb == "build":
        blobs = build_image(arguments.folder, arguments.tag, layout)
        print(f"{arguments.tag}  {blobs.manifest_digest}  {len(blobs.layer)} bytes")
    elif arguments.image_verb == "list":
        for name, entry in layout.tags():
            print(f"{name}\t{entry.digest}")
    elif arguments.image_verb == "inspect":
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(layout.config(arguments.name)), indent=2).decode())
    else:
        layout.untag(arguments.name)
    return 0
