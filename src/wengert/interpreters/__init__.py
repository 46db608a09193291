"""The interpreters: what a box can mean. One file each; none knows the rule book or another interpreter."""
