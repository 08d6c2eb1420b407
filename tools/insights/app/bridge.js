// The host's side of the frame: JSON-RPC over postMessage, MCP Apps revision 2026-01-26.
"use strict";
const host = (() => {
  const waiting = new Map();
  const heard = {};
  let last = 0;
  const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const notify = (method, params = {}) => post({ method, params });
  const request = (method, params = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      post({ id: last, method, params });
    });

  const answered = ({ id, result, error }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (asked && error) asked.reject(new Error(error.message || "The host refused."));
    else if (asked) asked.resolve(result);
  };
  const told = ({ id, method, params }) => {
    heard[method]?.(params ?? {});
    if (id === undefined) return;
    const known = method === "ping" || method === "ui/resource-teardown";
    post(known ? { id, result: {} } : { id, error: { code: -32601, message: "Method not found" } });
  };
  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.jsonrpc !== "2.0") return;
    (data.method === undefined ? answered : told)(data);
  });

  // The content alone decides the height, and it is told once things have settled.
  const tellSize = () => {
    const main = document.querySelector("main");
    let timer, told;
    new ResizeObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const height = Math.ceil(main.getBoundingClientRect().height);
        if (height !== told) notify("ui/notifications/size-changed", { height: (told = height) });
      }, 80);
    }).observe(main);
  };

  const connect = async (info) => {
    const params = { appInfo: info, appCapabilities: {}, protocolVersion: "2026-01-26" };
    const initialized = await request("ui/initialize", params);
    notify("ui/notifications/initialized");
    tellSize();
    return initialized;
  };
  return { on: (method, listener) => (heard[method] = listener), request, connect };
})();

// A colour as `light-dark(a, b)` depends on color-scheme, which the page must not set; so it is chosen here.
const chosenColour = (value, dark) => {
  const [, inside] = /^\s*light-dark\((.*)\)\s*$/s.exec(value) ?? [];
  if (inside === undefined) return value;
  let depth = 0;
  for (let at = 0; at < inside.length; at++) {
    depth += { "(": 1, ")": -1 }[inside[at]] ?? 0;
    if (inside[at] === "," && !depth) return (dark ? inside.slice(at + 1) : inside.slice(0, at)).trim();
  }
  return value;
};

const wear = (context) => {
  const root = document.documentElement;
  if (context.theme) root.dataset.theme = context.theme;
  const dark = root.dataset.theme === "dark";
  host.variables = { ...host.variables, ...context.styles?.variables };
  for (const [name, value] of Object.entries(host.variables)) {
    if (name.startsWith("--") && typeof value === "string") root.style.setProperty(name, chosenColour(value, dark));
  }
};
