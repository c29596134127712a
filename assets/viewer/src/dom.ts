/** Makes elements. Text goes in as text: nothing that comes from a file is ever taken for markup. */

export interface Attributes {
  className?: string;
  text?: string;
  label?: string; // for screen readers
  title?: string;
  role?: string;
  tabIndex?: number;
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  children: Node[] = [],
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (attributes.className) made.className = attributes.className;
  if (attributes.text !== undefined) made.textContent = attributes.text;
  if (attributes.label) made.setAttribute("aria-label", attributes.label);
  if (attributes.title) made.title = attributes.title;
  if (attributes.role) made.setAttribute("role", attributes.role);
  if (attributes.tabIndex !== undefined) made.tabIndex = attributes.tabIndex;
  made.append(...children);
  return made;
}

/** A button with a word for the eye and a label for screen readers. */
export function button(text: string, label: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { text, label, title: label });
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}
