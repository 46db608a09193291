"""Transforms: functions of functions of pytrees. They nest in any order."""
