"""The files of npm packages that pages use, each under the name that templates know.

A finder instead of a bundler or copies in the repository: ``node_modules`` has tens of thousands of files,
pages need these.
"""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage

PICKED = {
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/echarts.js": "echarts/dist/echarts.min.js",
    # the build whose worker is a file of its own: our Content-Security-Policy allows no blob: scripts
    "vendor/maplibre.js": "maplibre-gl/dist/maplibre-gl-csp.js",
    "vendor/maplibre-worker.js": "maplibre-gl/dist/maplibre-gl-csp-worker.js",
    "vendor/maplibre-gl-csp.js.map": "maplibre-gl/dist/maplibre-gl-csp.js.map",
    "vendor/maplibre-gl-csp-worker.js.map": "maplibre-gl/dist/maplibre-gl-csp-worker.js.map",
    "vendor/maplibre.css": "maplibre-gl/dist/maplibre-gl.css",
    "vendor/weui.css": "weui/dist/style/weui.min.css",
}


class PickedFiles(BaseFinder):
    """Finds ``vendor/…`` in node_modules. A missing file is missing: ``./run`` installs first."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.folder = Path(settings.BASE) / "node_modules"
        self.storage = FileSystemStorage(location=self.folder)

    def find(self, path, find_all=False):
        """The absolute path of one file, or a list of them, as Django asks."""
        found = (
            [str(self.folder / PICKED[path])]
            if path in PICKED and (self.folder / PICKED[path]).exists()
            else []
        )
        if find_all:
            return found
        return found[0] if found else None

    def list(self, ignore_patterns):
        """Pairs of path and storage; the storage knows the file by the name that pages use."""
        for name, source in PICKED.items():
            if (self.folder / source).exists():
                yield name, _Renamed(self.folder)


class _Renamed(FileSystemStorage):
    def __init__(self, folder: Path):
        super().__init__(location=folder)

    def path(self, name):
        return super().path(PICKED.get(name, name))


class HashedFiles(ManifestStaticFilesStorage):
    """Names with a hash, which browsers may keep for a year; plain ones before ``./run`` collects."""

    support_js_module_import_aggregation = True  # modules import each other by hashed names too

    def stored_name(self, name):
        """The name under which a page asks for the file."""
        return super().stored_name(name) if self.hashed_files else name
