/** Compiled with the rest where the project is built for the module path. */
module com.example.outside {
  requires dev.unlearn.api;
  requires dev.unlearn.core;
  requires dev.unlearn.eval;
}
