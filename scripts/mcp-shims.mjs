// In place of the MCP client's own validator, which is a third of its size: the host checks the output of tools itself.

export const CORS_IS_POSSIBLE = false

export class DefaultJsonSchemaValidator {
  getValidator() {
    return (data) => ({ valid: true, data, errorMessage: undefined })
  }
}
