"""What every test folder may use."""

pytest_plugins = ["tests.gitlab.fixtures"]
