"""`python -m medcore` is the command line."""

from medcore.cli import main

if __name__ == "__main__":
    main()
