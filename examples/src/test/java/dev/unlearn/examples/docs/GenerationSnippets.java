package dev.unlearn.examples.docs;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.LogitsTransform;
import java.util.List;
import java.util.function.IntConsumer;

final class GenerationSnippets {
  private GenerationSnippets() {}

  static List<String> continued(CausalLm model, List<String> prompts) {
    Decoding decoding =
        Decoding.builder().newTokens(64).temperature(0.8).topP(0.95).seed(7).build();
    List<TokenSequence> encoded = prompts.stream().map(model.tokenizer()::encode).toList();
    return model.generate(encoded, decoding).stream().map(model.tokenizer()::decode).toList();
  }

  static Decoding untilEndOfText(int endOfTextId) {
    return Decoding.builder().newTokens(200).addStopSequence(TokenSequence.of(endOfTextId)).build();
  }

  /** Forbids some tokens. */
  static LogitsTransform without(int... ids) {
    return (tokens, logits) -> {
      for (int id : ids) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    };
  }

  static DecodingListener limited(long deadlineNanos, IntConsumer sink) {
    return new DecodingListener() {
      @Override
      public void token(int prompt, int token) {
        sink.accept(token);
      }

      @Override
      public boolean cancelled() {
        return System.nanoTime() - deadlineNanos > 0;
      }
    };
  }
}
