"""What the quick part of an audit finds in real sets that nobody has told it anything about.

Protocol, written down before the run. Each of the nine archives as it was published, every class, no groups given:
``tlbook.audit(archive, quick=True)``. A row a finding, with the line that the audit prints and the number of files that
it names (of pairs, two a pair). Nothing is chosen and nothing is trained.

Run it as ``python -m benchmarks.real_defects``; needs TLBOOK_DATA_DIR. It writes the table anew.
"""

import csv
import io

from benchmarks.cases import SETS, find_archive
from benchmarks.measuring import make_parser
from tlbook.errors import BadInput
from tlbook.evidence.results import results_path, write_record
from tlbook.files import replace_file
from tlbook.run.audit import audit
from tlbook.runtime import mirror_dir

NAME = "real_defects"
COLUMNS = {
    "set": "real data set, by its case",
    "num_images": "in the archive, that can be read",
    "kind": "of finding, as the audit calls it",
    "num_files": "files that the finding names; of forgotten groups an example, of pairs two a pair",
    "message": "what the audit says",
}


def list_findings(name):
    """Audit one archive; yield a row for each finding."""
    found = audit(find_archive(name), quick=True, quiet=True)
    count = sum(len(split) for split in (found.data.train, found.data.val, found.data.test))
    for finding in found.findings:
        yield dict(zip(COLUMNS, (name, count, finding.kind, len(finding.files), finding.message), strict=True))


def main():
    """Audit, record and print the table."""
    make_parser(__doc__).parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for name in SETS:
        for row in list_findings(name):
            writer.writerow(row)
            print(f"{name}: {row['kind']}: {row['message']}", flush=True)
    with replace_file(results_path(NAME)) as file:
        file.write(buffer.getvalue().encode())
    inputs = [find_archive(name) for name in SETS]
    write_record(NAME, command="python -m benchmarks.real_defects", protocol=__doc__, columns=COLUMNS, inputs=inputs)


if __name__ == "__main__":
    main()
