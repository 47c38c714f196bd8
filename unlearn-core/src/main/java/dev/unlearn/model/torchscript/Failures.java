package dev.unlearn.model.torchscript;

/** What PyTorch says, in one line. */
final class Failures {
  private Failures() {}

  /** Returns the line that names the error, which a trace of TorchScript code may precede. */
  static String summary(Throwable failure) {
    return String.valueOf(failure.getMessage())
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .reduce((first, next) -> next.startsWith("RuntimeError:") ? next : first)
        .orElse(failure.getClass().getSimpleName());
  }
}
