// The part of the MCP client that the published package holds.

export { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
