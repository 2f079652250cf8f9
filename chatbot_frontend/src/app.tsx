import { ChatPane } from "./chat-pane.tsx";
import { TodoPane } from "./todo-pane.tsx";
import { useTodos } from "./use-todos.ts";

export function App() {
  const todos = useTodos();
  return (
    <>
      <header className="banner">
        <a className="skip" href="#chat">
          Skip to the chat
        </a>
        <h1>Slipway todos</h1>
      </header>
      <main className="panes">
        <TodoPane todos={todos} />
        <ChatPane onTodosChanged={todos.reload} />
      </main>
    </>
  );
}
