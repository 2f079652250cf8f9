import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Site } from "./site.tsx";
import "./styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <Site />
  </StrictMode>,
);
