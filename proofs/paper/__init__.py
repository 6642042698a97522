"""The paper: its claims, and its clauses one by one."""
