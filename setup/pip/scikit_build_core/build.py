"""The hooks that pip calls; only the one for metadata answers."""

from pathlib import Path


def _refuse(*_args, **_kwargs):
    raise RuntimeError("this stands in for a build system: it answers for metadata only and builds nothing")


build_editable = build_sdist = build_wheel = prepare_metadata_for_build_editable = _refuse


def get_requires_for_build_wheel(_config_settings=None):
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory, _config_settings=None):
    requirements = Path(__file__).parent.parent / "requirements.txt"
    name, version = requirements.read_text(encoding="utf-8").split()[0].split("==")
    folder = Path(metadata_directory) / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    return folder.name
