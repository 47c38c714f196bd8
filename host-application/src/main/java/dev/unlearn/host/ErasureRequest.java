package dev.unlearn.host;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody asks to be forgotten, as JSON. {@code toString} shows sizes only.
 *
 * @param texts at least one
 * @param names one per text, shown in reports; null for none. Never put personal data there
 */
record ErasureRequest(List<String> texts, @Nullable List<String> names) {

  /** Checks what can be checked without a model. */
  ErasureRequest {
    texts = checked("texts", texts);
    if (names != null) {
      names = checked("names", names);
      checkArgument(
          names.size() == texts.size(),
          "names must be as many as texts (%s), but are: %s",
          texts.size(),
          names.size());
    }
  }

  private static List<String> checked(String what, @Nullable List<String> values) {
    checkArgument(
        values != null && !values.isEmpty(), "%s must hold at least one, but hold none", what);
    for (int index = 0; index < values.size(); index++) {
      String value = values.get(index);
      checkArgument(
          value != null && !value.isBlank(), "%s must not be blank, but %s is", what, index);
    }
    return List.copyOf(values);
  }

  @Override
  public String toString() {
    return "ErasureRequest[texts=" + texts.size() + "]";
  }
}
