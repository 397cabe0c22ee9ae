"""Starts the MCP server, calls the tools named on standard input, prints their answers as JSON."""

import asyncio
import json
import os
import pathlib
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

SERVER = pathlib.Path(sys.executable).parent / "awslabs.cloudtrail-mcp-server"


async def main():
    answers = []
    parameters = StdioServerParameters(command=str(SERVER), env=dict(os.environ))
    async with stdio_client(parameters) as (reader, writer):
        async with ClientSession(reader, writer) as session:
            await session.initialize()
            for name, arguments in json.load(sys.stdin):
                result = await session.call_tool(name, arguments)
                answer = result.model_dump(mode="json", by_alias=False)
                error = answer.get("is_error", answer.get("isError", False))
                answers.append({"is_error": bool(error), "content": answer["content"]})
    json.dump(answers, sys.stdout)


asyncio.run(main())
