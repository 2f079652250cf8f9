import { FilterChoice } from "./filter-choice.tsx";
import { NewTodo } from "./new-todo.tsx";
import { SearchBox } from "./search-box.tsx";
import { TodoList } from "./todo-list.tsx";
import { Unreachable } from "./unreachable.tsx";
import type { Todos } from "./use-todos.ts";

function summary({ page, view, unreachable }: Todos): string {
  if (!page) return unreachable ? "" : "Loading…";
  const { total } = page;
  if (total > 0) return `${String(total)} ${total === 1 ? "todo" : "todos"}${view.q === "" ? "" : " found"}`;
  if (view.q !== "") return "Nothing is found";
  return { all: "Nothing to do yet", open: "Nothing is open", done: "Nothing is done yet" }[view.filter];
}

export function TodoPane({ todos }: { todos: Todos }) {
  return (
    <section className="pane" id="todos" aria-labelledby="todos-heading">
      <h2 id="todos-heading">Todos</h2>
      <NewTodo onAdd={todos.add} />
      <div className="narrowing">
        <FilterChoice
          chosen={todos.view.filter}
          onChoose={(filter) => {
            todos.look({ filter });
          }}
        />
        <SearchBox onSearch={todos.look} />
      </div>
      {/* In the page from the start: a live region that comes with its text is often not read out. */}
      <p role="status" className="summary">
        {summary(todos)}
      </p>
      <p role="alert" className="trouble">
        {todos.refusal}
      </p>
      {todos.unreachable && <Unreachable what="The todos" onRetry={todos.reload} heir="new-todo" />}
      {todos.page && <TodoList todos={todos} page={todos.page} />}
    </section>
  );
}
