// Which addresses are there? Only pages that exist; the address holds the chart's range.
import { createRootRoute, createRoute, createRouter, Outlet } from "@tanstack/react-router";
import { Overview } from "./overview/overview";
import { readSearch } from "./overview/ranges";
import { NotFoundPage } from "./pages/not-found";
import { SignInPage } from "./pages/sign-in";
import { Frame } from "./shell/frame";
import { Toaster } from "./ui/toaster";

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toaster />
    </>
  ),
  notFoundComponent: NotFoundPage,
});

const frame = createRoute({ getParentRoute: () => root, id: "frame", component: Frame });

const overview = createRoute({
  getParentRoute: () => frame,
  path: "/",
  validateSearch: readSearch,
  component: Overview,
});

const signIn = createRoute({ getParentRoute: () => root, path: "/sign-in", component: SignInPage });

export const routeTree = root.addChildren([frame.addChildren([overview]), signIn]);

export const router = createRouter({ routeTree, defaultPreload: false });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
