"""The monthly report that the province owes the Government Office: counted from the ledger, laid out, written."""
