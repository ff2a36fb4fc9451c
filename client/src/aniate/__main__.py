"""`python -m aniate` is `ant`."""

from aniate.cli import main

if __name__ == "__main__":
    main()
