// What a client of the TypeScript SDK sees of Drumbeat. Usage: client.mjs SDK MODE TARGET...
// SDK: v1 or v2. MODE: legacy or modern. TARGET: a URL, or a command with its arguments. One JSON object on stdout.
const [sdk, mode, ...target] = process.argv.slice(2);
const overHttp = target[0].startsWith("http");
const CAN = { capabilities: { elicitation: { form: {} } } };
// A server takes what answers faster for a machine.
const READING = 250;

async function v1(onQuestion) {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { ElicitRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
  const client = new Client({ name: "typescript-v1", version: "1" }, CAN);
  client.setRequestHandler(ElicitRequestSchema, onQuestion);
  return [client, StreamableHTTPClientTransport, StdioClientTransport];
}

async function v2(onQuestion) {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const versionNegotiation = { mode: mode === "modern" ? { pin: "2026-07-28" } : "legacy" };
  const client = new Client({ name: "typescript-v2", version: "1" }, { ...CAN, versionNegotiation });
  client.setRequestHandler("elicitation/create", onQuestion);
  return [client, StreamableHTTPClientTransport, StdioClientTransport];
}

let answer = { action: "decline" };
const questions = [];
async function onQuestion(request) {
  questions.push(request.params.message);
  await new Promise((resolve) => setTimeout(resolve, READING));
  return answer;
}

const [client, Http, Stdio] = await (sdk === "v1" ? v1 : v2)(onQuestion);
const transport = overHttp
  ? new Http(new URL(target[0]))
  : new Stdio({ command: target[0], args: target.slice(1), env: process.env, stderr: "ignore" });
await client.connect(transport);

const call = async (name, args = {}) => {
  const result = await client.callTool({ name, arguments: args });
  return { text: result.content.map((block) => block.text ?? "").join("\n"), error: result.isError ?? false };
};
const seen = { server: client.getServerVersion().name, instructions: client.getInstructions() };
seen.protocol = client.getNegotiatedProtocolVersion?.() ?? null;
seen.tools = (await client.listTools()).tools.map((tool) => tool.name);
seen.resources = (await client.listResources()).resources.map((resource) => resource.uri);
seen.templates = (await client.listResourceTemplates()).resourceTemplates.length;
seen.prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
seen.read = (await client.readResource({ uri: seen.resources[0] })).contents[0];
seen.answered = await call("drumbeat_read", { tool: "linearb_list_teams" });
seen.mistaken = await call("drumbeat_read", { tool: "linearb_list_teams", arguments: { team: "x" } });
const retros = await call("drumbeat_read", { tool: "teamoclock_list_retros" });
const deletion = { tool: "teamoclock_delete_retro", arguments: { retro_id: retros.text.match(/^r\w+/m)[0] } };
seen.declined = await call("drumbeat_act", deletion);
answer = { action: "accept", content: { agree: true } };
seen.accepted = await call("drumbeat_act", deletion);
seen.questions = questions;
await client.close();
console.log(JSON.stringify(seen));
