"""Looking after what is stored: verify it, copy it away, bring it back."""

from hub.keeping.backups import Manifest, backup, restore, verify_backup
from hub.keeping.verifying import Findings, Mark, Progress, marks, verify

__all__ = ["Findings", "Manifest", "Mark", "Progress", "backup", "marks", "restore", "verify", "verify_backup"]
