"""`python -m stepflow_py [--http [--port N]]`: a server that has `/udf` and nothing else."""

from . import StepflowServer

StepflowServer().run()
