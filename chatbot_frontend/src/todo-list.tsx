import { useRestoreFocus } from "./use-restore-focus.ts";
import { TodoItem } from "./todo-item.tsx";
import type { TodoPage } from "./api.ts";
import type { Todos } from "./use-todos.ts";

function LoadMoreButton({ onClick }: { onClick: () => void }) {
  const button = useRestoreFocus<HTMLButtonElement>((leaving) =>
    leaving.previousElementSibling?.querySelector<HTMLElement>("li:last-child input"),
  );
  return (
    <button type="button" ref={button} onClick={onClick}>
      Load more
    </button>
  );
}

export function TodoList({ todos, page }: { todos: Todos; page: TodoPage }) {
  return (
    <>
      {/* Without the role, Safari does not announce a list without bullets as a list. */}
      {/* eslint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul className="todos" role="list" aria-labelledby="todos-heading">
        {page.items.map((todo) => (
          <TodoItem
            key={todo.id}
            todo={todo}
            onComplete={(completed) => void todos.complete(todo, completed)}
            onSave={(changes) => todos.save(todo, changes)}
            onRemove={() => {
              todos.deletions.remove(todo);
            }}
          />
        ))}
      </ul>
      {page.items.length < page.total && <LoadMoreButton onClick={todos.loadMore} />}
    </>
  );
}
