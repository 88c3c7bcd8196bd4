"""The contracts: what flows between stages (`elements`) and what lies in files (`*.avsc`, `avro`)."""
