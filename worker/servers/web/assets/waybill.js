// Tells textual-serve's page where its websocket is: beside this page, whatever tunnel or proxy led here.
document.addEventListener("DOMContentLoaded", () => {
  const terminal = document.getElementById("terminal");
  terminal.dataset.sessionWebsocketUrl = `${location.origin.replace(/^http/, "ws")}/ws`;
});

// The terminal is there once the page is loaded; keys go to it without a click.
window.addEventListener("load", () => {
  document.querySelector(".xterm-helper-textarea")?.focus();
});
