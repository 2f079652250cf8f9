import type { components as todos } from "./openapi/backend.ts";
import type { components as chat } from "./openapi/chatbot-backend.ts";

/** To become todos["schemas"]["UserView"] and todos["schemas"]["Credentials"] once the document has them. */
export interface User {
  id: string;
  name: string;
  created_at: string;
}
export interface Credentials {
  name: string;
  password: string;
}

/** The names that this app has for the types of the backends' APIs. */
export type Todo = todos["schemas"]["TodoView"];
export type NewTodo = todos["schemas"]["NewTodo"];
export type TodoChanges = todos["schemas"]["TodoChanges"];
export type TodoPage = Pick<todos["schemas"]["Page"], "items" | "total">;

/** The document knows no more of a role than that it is text; `finished` is false for an answer that broke off. */
export type Message = Pick<chat["schemas"]["MessageView"], "id" | "content"> & {
  role: "user" | "assistant";
  finished?: boolean;
};
export type Conversation = Pick<chat["schemas"]["ConversationView"], "id"> & { messages: Message[] };
