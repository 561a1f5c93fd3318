"""`python -m traceability`: the command line of the core, without the shop."""

from traceability.cli import main

if __name__ == "__main__":
    main(prog_name="python -m traceability")
