import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { flushSync } from "react-dom";
import { ChatPane } from "./chat-pane.tsx";
import { ConnectionNotice } from "./connection-notice.tsx";
import type { PaneId, PaneState } from "./pane.tsx";
import { PaneTabs } from "./pane-tabs.tsx";
import { newQueryClient } from "./query-client.ts";
import { TodoPane } from "./todo-pane.tsx";
import { useNarrow } from "./use-narrow.ts";
import { useTodos } from "./use-todos.ts";

function Page() {
  const todos = useTodos();
  const narrow = useNarrow();
  const [selected, setSelected] = useState<PaneId>("todos");

  function stateOf(pane: PaneId): PaneState {
    if (!narrow) return "beside";
    return pane === selected ? "selected" : "hidden";
  }

  return (
    <>
      <header className="banner">
        <a
          className="skip"
          href="#chat"
          onClick={() => {
            // What is hidden cannot be gone to.
            flushSync(() => {
              setSelected("chat");
            });
          }}
        >
          Skip to the chat
        </a>
        <h1>Slipway todos</h1>
        <ConnectionNotice />
      </header>
      <main className="panes">
        {narrow && <PaneTabs selected={selected} onSelect={setSelected} />}
        <TodoPane todos={todos} state={stateOf("todos")} />
        <ChatPane onTodosChanged={todos.reload} state={stateOf("chat")} />
      </main>
    </>
  );
}

export function App() {
  const [client] = useState(newQueryClient);
  return (
    <QueryClientProvider client={client}>
      <Page />
    </QueryClientProvider>
  );
}
