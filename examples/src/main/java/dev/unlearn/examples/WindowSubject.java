package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A model that has memorised one text, cut into windows: some are to be forgotten, half of the
 * others is trained on, the other half held out. The targets are also measured with true tokens in
 * front of them: what is forgotten only at the very beginning of a window comes back.
 */
final class WindowSubject {
  private static final int[] TRUE_TOKENS_IN_FRONT = {10, 25};

  private final int[] ids;
  private final int length;

  private WindowSubject(int[] ids, int length) {
    this.ids = ids;
    this.length = length;
  }

  /**
   * Draws windows.
   *
   * @param folder a HuggingFace folder
   * @param targets number of windows to forget
   * @param thresholds for windows of their length
   */
  static Subject of(Path folder, Path text, int targets, ForgettingThresholds thresholds, long seed)
      throws IOException {
    WindowSubject windows = new WindowSubject(ids(folder, text), thresholds.maxLength());
    List<Integer> drawn =
        new ArrayList<>(IntStream.range(0, windows.ids.length / windows.length).boxed().toList());
    Collections.shuffle(drawn, new Random(seed));
    List<Integer> forget = drawn.subList(0, targets);
    int half = targets + (drawn.size() - targets) / 2;
    return new Subject(
        () -> CausalLms.load(folder),
        windows.all(forget, 0),
        windows.all(drawn.subList(targets, half), 0),
        windows.all(drawn.subList(half, drawn.size()), 0),
        windows.inFront(forget),
        List.of(),
        thresholds);
  }

  private static int[] ids(Path folder, Path text) throws IOException {
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      return model.tokenizer().encode(Files.readString(text)).ids();
    }
  }

  private Map<Integer, List<TokenSequence>> inFront(List<Integer> forget) {
    // Nothing stands before the first window.
    List<Integer> later = forget.stream().filter(window -> window > 0).toList();
    Map<Integer, List<TokenSequence>> byTokens = new LinkedHashMap<>();
    for (int tokens : TRUE_TOKENS_IN_FRONT) {
      byTokens.put(tokens, all(later, tokens));
    }
    return byTokens;
  }

  private List<TokenSequence> all(List<Integer> windows, int inFront) {
    return windows.stream().map(window -> window(window, inFront)).toList();
  }

  private TokenSequence window(int window, int inFront) {
    int start = window * length;
    return TokenSequence.of(Arrays.copyOfRange(ids, start - inFront, start + length))
        .withPromptLength(inFront);
  }
}
