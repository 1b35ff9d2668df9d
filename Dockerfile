# The controller and the command in one image: `docker build -t serin:0.1.0 .`

FROM node:26-slim AS build
WORKDIR /src
COPY package.json package-lock.json LICENSE ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY machines machines
COPY src src
COPY tools/bundle.ts tools/
RUN npm run build

FROM node:26-slim
LABEL org.opencontainers.image.title="serin" \
      org.opencontainers.image.description="Progressive delivery for Istio" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /src/dist ./
USER 65532:65532
ENTRYPOINT ["node", "/app/serin.js"]
