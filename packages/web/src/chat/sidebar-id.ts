/** For `popoverTarget` of the button that shows the sidebar where there is no room for it. */
export const sidebarId = "sidebar";
