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
  /** Whether the user is signed in; if not, the page is hidden, and kept for the same user. */
  active: boolean;
  /** Called once the session is over, with a notice to show instead of the one about signing out. */
  onSessionEnd: (notice?: string) => void;
}

/** Reloads all data when the user is signed in again. */
function useReloadOnReturn(active: boolean) {
  const client = useQueryClient();
  const wasActive = useRef(active);
  useEffect(() => {
    if (active && !wasActive.current) void client.invalidateQueries();
    wasActive.current = active;
  }, [active, client]);
}

function Page({ user, active, onSessionEnd }: Props) {
  const todos = useTodos();
  const narrow = useNarrow();
  const [selected, setSelected] = useState<PaneId>("todos");
  const [accountOpen, setAccountOpen] = useState(false);
  useReloadOnReturn(active);

  function getPaneState(pane: PaneId): PaneState {
    if (!narrow) return "beside";
    return pane === selected ? "selected" : "hidden";
  }

  async function leave(request: () => Promise<unknown>, notice?: string) {
    await todos.finish(async () => {
      await request();
      onSessionEnd(notice);
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
              // A link cannot jump to a hidden element.
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
        <TodoPane todos={todos} state={getPaneState("todos")} />
        <ChatPane user={user.id} onTodosChanged={todos.reload} state={getPaneState("chat")} />
      </main>
    </>
  );
}

/** A query client for this user only, which drops unsent changes at the end: they would be sent as the next user's. */
function useUserQueryClient() {
  const [client] = useState(newQueryClient);
  const mounted = useRef(false);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
      // React's strict mode unmounts and mounts again at once.
      queueMicrotask(() => {
        if (!mounted.current) client.clear();
      });
    };
  }, [client]);
  return client;
}

export function App(props: Props) {
  const client = useUserQueryClient();
  return (
    <QueryClientProvider client={client}>
      <Page {...props} />
    </QueryClientProvider>
  );
}
