"""Cases from files of other systems."""

from quanlin.cases.ingest.columns import ColumnMap, named_map, parse_map, shipped_maps
from quanlin.cases.ingest.opening import IMPORTER, Report, import_cases

__all__ = ["IMPORTER", "ColumnMap", "Report", "import_cases", "named_map", "parse_map", "shipped_maps"]
