import { QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Account } from "./account.tsx";
import { AccountPage } from "./account-page.tsx";
import type { User } from "./api.ts";
import { Banner } from "./banner.tsx";
import { ChatPane } from "./chat-pane.tsx";
import { ConnectionNotice } from "./connection-notice.tsx";
import type { PaneId, PaneState } from "./pane.tsx";
import { PaneTabs } from "./pane-tabs.tsx";
import { newQueryClient } from "./query-client.ts";
import { TodoPane } from "./todo-pane.tsx";
import { useNarrow } from "./use-narrow.ts";
import { useTodos } from "./use-todos.ts";

interface Props {
  user: User;
  /** Whether the session is there; without it the page is hidden, and kept for the same user. */
  active: boolean;
  /** Called once the session is over, with what is then said of it if that is not that they signed out. */
  onLeft: (notice?: string) => void;
}

/** Reads all again when the session is back. */
function useReturn(active: boolean) {
  const client = useQueryClient();
  const before = useRef(active);
  useEffect(() => {
    if (active && !before.current) void client.invalidateQueries();
    before.current = active;
  }, [active, client]);
}

function Page({ user, active, onLeft }: Props) {
  const todos = useTodos();
  const narrow = useNarrow();
  const [selected, setSelected] = useState<PaneId>("todos");
  const [accountOpen, setAccountOpen] = useState(false);
  useReturn(active);

  function stateOf(pane: PaneId): PaneState {
    if (!narrow) return "beside";
    return pane === selected ? "selected" : "hidden";
  }

  async function leave(request: () => Promise<unknown>, notice?: string) {
    await todos.finish(async () => {
      await request();
      onLeft(notice);
    });
  }

  function closeAccount() {
    setAccountOpen(false);
    document.getElementById("account-button")?.focus();
  }

  return (
    <>
      <Banner
        skip={
          <a
            className="skip"
            href="#chat"
            onClick={() => {
              // What is hidden cannot be gone to.
              flushSync(() => {
                setSelected("chat");
                setAccountOpen(false);
              });
            }}
          >
            Skip to the chat
          </a>
        }
      >
        <Account
          user={user}
          open={accountOpen}
          onToggle={() => {
            setAccountOpen(!accountOpen);
          }}
          onLeave={leave}
        />
        <ConnectionNotice />
      </Banner>
      {accountOpen && <AccountPage user={user} onLeave={leave} onClose={closeAccount} />}
      <main className="panes" hidden={accountOpen}>
        {narrow && <PaneTabs selected={selected} onSelect={setSelected} />}
        <TodoPane todos={todos} state={stateOf("todos")} />
        <ChatPane user={user.id} onTodosChanged={todos.reload} state={stateOf("chat")} />
      </main>
    </>
  );
}

/** A cache for this user alone. What waits in it is not sent once they are gone: it would be the next user's. */
function useOwnClient() {
  const [client] = useState(newQueryClient);
  const used = useRef(false);
  useEffect(() => {
    used.current = true;
    return () => {
      used.current = false;
      // React's strict mode leaves and comes back at once.
      queueMicrotask(() => {
        if (!used.current) client.clear();
      });
    };
  }, [client]);
  return client;
}

export function App(props: Props) {
  const client = useOwnClient();
  return (
    <QueryClientProvider client={client}>
      <Page {...props} />
    </QueryClientProvider>
  );
}
