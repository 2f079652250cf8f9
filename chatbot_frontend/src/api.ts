import type { components as todos } from "./openapi/backend.ts";
import type { components as chat } from "./openapi/chatbot-backend.ts";

/** This app's names for the types of the backends' APIs. */
export type User = todos["schemas"]["UserView"];
export type Credentials = todos["schemas"]["Credentials"];
export type Todo = todos["schemas"]["TodoView"];
export type NewTodo = todos["schemas"]["NewTodo"];
export type TodoChanges = todos["schemas"]["TodoChanges"];
export type TodoPage = Pick<todos["schemas"]["Page"], "items" | "total">;

/** In the OpenAPI document, a role is any text; `finished` is false for an answer that broke off. */
export type Message = Pick<chat["schemas"]["MessageView"], "id" | "content"> & {
  role: "user" | "assistant";
  finished?: boolean;
};
export type Conversation = Pick<chat["schemas"]["ConversationView"], "id"> & { messages: Message[] };
