"""What every test folder may use."""

pytest_plugins = ["tests.controlplane.fixtures", "tests.gitlab.fixtures"]
