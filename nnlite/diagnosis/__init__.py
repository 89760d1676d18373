"""What is likely wrong with a training, or with its data, in plain sentences with their evidence."""

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.looking import diagnose, findings
from nnlite.diagnosis.settings import Settings

__all__ = ["Finding", "Settings", "diagnose", "findings"]
