import { Choice } from "./choice.tsx";
import { DeletedTodos } from "./deleted-todos.tsx";
import { NewTodo } from "./new-todo.tsx";
import { Pane, type PaneState } from "./pane.tsx";
import { ReadFailure } from "./read-failure.tsx";
import { SearchBox } from "./search-box.tsx";
import { TodoList } from "./todo-list.tsx";
import type { Filter } from "./todo-page.ts";
import type { Todos } from "./use-todos.ts";

const FILTERS: readonly (readonly [Filter, string])[] = [
  ["all", "All"],
  ["open", "Open"],
  ["done", "Done"],
];

function summarise({ page, view, failure }: Todos): string {
  if (!page) return failure === undefined && navigator.onLine ? "Loading…" : "";
  const { total } = page;
  if (total > 0) return `${String(total)} ${total === 1 ? "todo" : "todos"}${view.q === "" ? "" : " found"}`;
  if (view.q !== "") return "Nothing is found";
  return { all: "Nothing to do yet", open: "Nothing is open", done: "Nothing is done yet" }[view.filter];
}

export function TodoPane({ todos, state }: { todos: Todos; state: PaneState }) {
  return (
    <Pane id="todos" state={state}>
      <h2 id="todos-heading">Todos</h2>
      <NewTodo onAdd={todos.add} />
      <div className="narrowing">
        <Choice
          legend="Show"
          name="filter"
          options={FILTERS}
          value={todos.view.filter}
          onChange={(filter) => {
            todos.changeView({ filter });
          }}
        />
        <SearchBox onSearch={todos.changeView} />
      </div>
      {/* In the page from the start: a live region that is added with its text is often not announced. */}
      <p role="status" className="summary">
        {summarise(todos)}
      </p>
      <p role="alert" className="error">
        {todos.refusal}
      </p>
      <DeletedTodos deletions={todos.deletions} />
      {todos.failure !== undefined && (
        <ReadFailure what="The todos" error={todos.failure} onRetry={todos.reload} focusAfter="new-todo" />
      )}
      {todos.page && <TodoList todos={todos} page={todos.page} />}
    </Pane>
  );
}
