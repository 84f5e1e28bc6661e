import pytest
from squares import small_truth


@pytest.fixture
def truth() -> dict:
    return small_truth()
