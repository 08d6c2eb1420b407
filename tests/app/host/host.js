// A host as the protocol wants it, on the official AppBridge: what the page sends is kept for the tests to read.
import { AppBridge, getToolUiResourceUri, isToolVisibilityAppOnly, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

// What a host allows a page that declares no origin.
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; media-src data:; connect-src 'none'";

globalThis.host = {
  getToolUiResourceUri,
  isToolVisibilityAppOnly,
  sizes: [],
  contexts: [],
  files: [],
  async show({ html, capabilities, context }) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    Object.assign(frame.style, { width: "100%", border: 0, height: "200px" });
    document.body.replaceChildren(frame);
    const bridge = new AppBridge(null, { name: "test host", version: "1" }, capabilities, { hostContext: context });
    this.bridge = bridge;
    bridge.oncalltool = (params) => globalThis.callTool(params);
    bridge.onupdatemodelcontext = async (params) => (this.contexts.push(params), {});
    bridge.ondownloadfile = async ({ contents }) => (this.files.push(...contents), {});
    bridge.addEventListener("sizechange", ({ height }) => {
      this.sizes.push(height);
      frame.style.height = `${height}px`;
    });
    const ready = new Promise((resolve) => bridge.addEventListener("initialized", resolve));
    await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
    const meta = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
    frame.srcdoc = html.replace("<head>", `<head>${meta}`);
    await ready;
  },
};
