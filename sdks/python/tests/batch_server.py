from stepflow_py import StepflowStdioServer, StepflowContext
import msgspec


class Input(msgspec.Struct):
    items: list[dict]
    workflow_id: str
    max_concurrency: int = 10


class Output(msgspec.Struct):
    results: list[dict]
    total_processed: int
    success_count: int
    error_count: int


server = StepflowStdioServer()


@server.component
async def batch_processor(input: Input, ctx: StepflowContext) -> Output:
    """Process a batch of items using a sub-workflow"""
    # Submit batch using the runs/submit protocol method
    run_status = await ctx.submit_run(
        flow_id=input.workflow_id,
        inputs=input.items,
        wait=True,
        max_concurrency=input.max_concurrency
    )

    # Aggregate results
    results = run_status.results or []
    success_count = run_status.items.success
    error_count = run_status.items.failed

    return Output(
        results=[r.result for r in results],
        total_processed=len(results),
        success_count=success_count,
        error_count=error_count
    )


if __name__ == "__main__":
    server.run()
