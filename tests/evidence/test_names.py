import pytest

from tlbook.cases import cases
from tlbook.errors import BadInput
from tlbook.evidence.names import SET_NAMES, name_set, name_source
from tlbook.evidence.results import read_table
from tlbook.models.sources import sources


def test_every_case_with_a_real_set_has_a_name():
    assert {case.name for case in cases()} == set(SET_NAMES)
    assert len(set(SET_NAMES.values())) == len(SET_NAMES)


def test_every_source_has_a_name_of_its_own():
    names = [name_source(source.name) for source in sources()]
    assert len(set(names)) == len(names)
    assert {"MobileNetV2 (1.0)", "MobileNetV2 (0.35)", "MobileNet (0.75)", "ResNet50", "random weights"} <= set(names)


def test_the_rows_of_a_table_are_named():
    for row in read_table("ranking"):
        assert name_set(row["set"]) and name_source(row["source"], row["image_size"]).endswith(" px")


@pytest.mark.parametrize("name", [name_set, name_source])
def test_an_unknown_name_is_bad_input(name):
    with pytest.raises(BadInput, match="received `.*` 'penguins'"):
        name("penguins")
