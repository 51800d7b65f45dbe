import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

// Mantine wants ten shades; every use of them is overridden by our tokens below.
const petrol: MantineColorsTuple = [
  "#E1EFF0", "#C4DFE2", "#A1CCD1", "#7BB6BD", "#569FA8", "#318892", "#0A626D", "#09565F", "#074A52", "#063D44",
];

export const theme = createTheme({
  colors: { petrol },
  primaryColor: "petrol",
  primaryShade: 6,
  fontFamily: '"Inter Variable", Inter, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "13px", lg: "14px", xl: "15px" },
  defaultRadius: 5,
  cursorType: "pointer",
  respectReducedMotion: true,
});

const shared = {
  "--mantine-color-body": "var(--bg)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-dimmed": "var(--text-3)",
  "--mantine-color-placeholder": "var(--text-3)",
  "--mantine-color-anchor": "var(--accent)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--sunken)",
  "--mantine-color-default-border": "var(--line-2)",
  "--mantine-color-default-color": "var(--text)",
  "--mantine-primary-color-filled": "var(--accent)",
  "--mantine-primary-color-filled-hover": "var(--accent)",
  "--mantine-primary-color-contrast": "var(--on-accent)",
  "--mantine-primary-color-light": "var(--accent-soft)",
  "--mantine-primary-color-light-color": "var(--accent)",
  "--mantine-color-petrol-filled": "var(--accent)",
  "--mantine-color-petrol-filled-hover": "var(--accent)",
  "--mantine-color-error": "var(--critical)",
};

export const variables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
