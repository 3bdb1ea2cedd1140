"""What the owners of a format publish about it, out of the packages that carry it: nothing is kept in the repository."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile

import xmlschema
from jsonschema.validators import validator_for
from tools import need, need_program

#: A package at a version, and where in it the schema lies.
SPEEDSCOPE = ("speedscope@1.25.0", "dist/release/file-format-schema.json")
SARIF = ("@microsoft/jest-sarif@1.0.0-beta.0", "lib/schemas/sarif-2.1.0-rtm.5.json")
#: pytest validates its own reports against it; only the archive of its sources has it.
JUNIT = ("pytest==8.3.4", "pytest-8.3.4/testing/example_scripts/junit-10.xsd")


def package(cache, spec):
    """Return the folder of an npm package, out of the cache folder or fetched into it."""
    folder = cache / spec.replace("/", "_")
    if not folder.exists():
        npm = need_program("npm", "npm")
        done = run([npm, "pack", spec, "--pack-destination", str(cache)])
        need(done.returncode == 0, f"{spec} cannot be fetched: {done.stderr[-300:]}", f"npm pack {spec}")
        archive = cache / done.stdout.strip().splitlines()[-1]
        with tarfile.open(archive) as packed:
            packed.extractall(folder.with_suffix(".part"), filter="data")
        # Whole or not there: a test that was ended half-way leaves no half of it.
        folder.with_suffix(".part").rename(folder)
        archive.unlink()
    return folder / "package"


def of_npm(cache, schema):
    """Return a JSON Schema as a validator."""
    spec, path = schema
    text = json.loads((package(cache, spec) / path).read_text(encoding="utf-8"))
    return validator_for(text)(text)


def of_sources(cache, schema):
    """Return an XML Schema, from the cache folder or out of a package's sources."""
    spec, path = schema
    kept = cache / f"{spec}.xsd"
    if not kept.exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--no-binary",
            "pytest",
            "-d",
            str(cache),
            spec,
        ]
        done = run(command)
        need(
            done.returncode == 0,
            f"the sources of {spec} cannot be fetched",
            f"pip download --no-binary :all: {spec}",
        )
        archive = next(cache.glob("*.tar.gz"))
        with tarfile.open(archive) as packed:
            kept.write_bytes(packed.extractfile(path).read())
        archive.unlink()
    return xmlschema.XMLSchema(io.StringIO(kept.read_text(encoding="utf-8")))


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
