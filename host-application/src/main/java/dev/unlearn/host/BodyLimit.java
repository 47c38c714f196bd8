package dev.unlearn.host;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Refuses a body that is too large before it is read; its length must be said. */
@Component
final class BodyLimit implements HandlerInterceptor, WebMvcConfigurer {
  private final long maxBytes;

  BodyLimit(HostProperties properties) {
    maxBytes = properties.maxBody().toBytes();
  }

  @Override
  public void addInterceptors(InterceptorRegistry registry) {
    var unused = registry.addInterceptor(this);
  }

  @Override
  public boolean preHandle(
      HttpServletRequest request, HttpServletResponse response, Object handler) {
    long bytes = request.getContentLengthLong();
    if (HttpMethod.POST.matches(request.getMethod()) && bytes < 0) {
      throw new ResponseStatusException(
          HttpStatus.LENGTH_REQUIRED, "the request must have a Content-Length");
    }
    if (bytes > maxBytes) {
      throw new ResponseStatusException(
          HttpStatus.PAYLOAD_TOO_LARGE,
          "the body must have at most %d bytes, but has: %d".formatted(maxBytes, bytes));
    }
    return true;
  }
}
