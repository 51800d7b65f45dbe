import "@mantine/core/styles.layer.css";
import "@fontsource-variable/inter/wght.css";
import "./fonts.css";
import "./tokens.css";
import "./app.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Refused } from "./api/client";
import { Missing, Shell } from "./frame/shell";
import { pages } from "./pages";
import { theme, variables } from "./theme";

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });
const routes = pages.map((page) => createRoute({ getParentRoute: () => root, path: page.path, component: page.component }));
const router = createRouter({ routeTree: root.addChildren(routes), defaultPreload: false, scrollRestoration: true });

const client = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < 2 && !(error instanceof Refused && error.status >= 400), refetchOnWindowFocus: true },
  },
});
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
