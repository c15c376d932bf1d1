"""Components whose types are pydantic's."""

from typing import List, Optional

from pydantic import BaseModel, Field

from stepflow_py import StepflowServer

server = StepflowServer()


class Line(BaseModel):
    sku: str
    count: int = Field(ge=1)


class Order(BaseModel):
    lines: List[Line]
    note: Optional[str] = None


@server.component
def largest(order: Order) -> Line:
    return max(order.lines, key=lambda line: line.count)


@server.component
async def lines(orders: List[Order]) -> List[Line]:
    return [line for order in orders for line in order.lines]


if __name__ == "__main__":
    server.run()
